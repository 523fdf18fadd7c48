CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END;
$$;
SELECT $tag$ $$ ; $other$ ; $tag$, $é$;$é$;
SELECT 'x'<>$$;$$;
