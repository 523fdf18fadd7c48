SELECT 'it''s; fine', 'backslash \', x'1F', "double;quoted";
SELECT $var, ?1, :name, @at;
