CREATE TABLE t (a int);
CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW WHEN new.a > 0
BEGIN
  UPDATE t SET a = CASE WHEN new.a > 1 THEN 2 ELSE 3 END;
  SELECT CASE new.a WHEN 1 THEN 2 END;
END;
create temp trigger if not exists tr2 before delete on t begin select 1; end;
SELECT 1;
