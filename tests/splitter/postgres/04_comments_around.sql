-- before; the first
SELECT 1 -- inside; one
  + 1 /* and ; here */
  -- trailing
;
/* before the second */ SELECT /* /* nested; */ ; */ 2; -- behind;
