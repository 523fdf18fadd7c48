CREATE /* a; */ TRIGGER tr AFTER UPDATE OF a ON t BEGIN
  -- END;
  DELETE FROM u WHERE b = 'END;'; /* END; */
END /* behind */ ;
SELECT 1;
