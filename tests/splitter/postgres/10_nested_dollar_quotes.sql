CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS $outer$
BEGIN
  EXECUTE $inner$ CREATE FUNCTION g() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$; $inner$;
END
$outer$;
SELECT 1;
