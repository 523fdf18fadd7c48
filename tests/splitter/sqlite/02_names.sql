CREATE TABLE `semi;colon` ([brack;et] int, "quo;""te" int, `tick``;` int);
SELECT [a;b] FROM `c;d`;
