CREATE TABLE bookings (begin INT, end INT, action INT, value INT);
CREATE PROCEDURE p(a INT) SELECT begin, end FROM bookings;
CREATE PROCEDURE q(a INT)
BEGIN
  SELECT begin, end, b.end FROM bookings b WHERE end > a AND begin < end ORDER BY end;
  SELECT CASE WHEN end > 1 THEN end ELSE end END AS end, CASE end WHEN end THEN a + end END FROM bookings;
  SELECT a AS end;
  UPDATE bookings SET end = 1, begin = end;
END;
CALL q(1);
