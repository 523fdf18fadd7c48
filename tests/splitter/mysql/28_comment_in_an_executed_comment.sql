/*!50001 SELECT /* a comment ; inside */ 1 -- */ ;
 + 1 # */ ;
 */;
SELECT 2;
