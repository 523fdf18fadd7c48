-- a
SELECT 'x
;', 1;
DELIMITER //
SELECT 2;
//
DELIMITER ;
SELECT 3;
