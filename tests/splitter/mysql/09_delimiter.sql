SELECT 1;
DELIMITER //
SELECT 2; //
SELECT 3
//
delimiter ;;
SELECT 4 ; SELECT 5;;
  Delimiter $$
SELECT 'a$$', `b$$c` FROM (SELECT 6 AS `b$$c`) s$$ SELECT 7 -- $$
+ 1 /* $$ */$$
DELIMITER go and nothing else counts
SELECT 8 AS cate go
SELECT 9 AS catego ry go
DELIMITER ';'
SELECT 10;
DELIMITER "| |"
SELECT 11 | 1 | | SELECT 12| |
DELIMITER ;
SELECT 13;
