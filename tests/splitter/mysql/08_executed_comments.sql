/*!40101 SET NAMES utf8mb4 */;
/*!40101 SET @old = @@sql_mode */ ;
CREATE TABLE t (a INT) /*!50100 COMMENT = 'x;' */ /*M!100000 ENGINE = InnoDB */;
/*! SELECT 1 */;
SELECT /*!99999 no_such_thing, */ 2 /*!, 3*/;
SELECT /*+ a hint in MySQL */ 4;
SELECT 5 /* not executed ; */;
/* ! nor this ; */ SELECT 6;
/*M!999999\- enable the sandbox mode */
SELECT 7;
