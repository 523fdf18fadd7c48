# before ;
SELECT 1 -- inside ;
  + /* ' ; */ 2 # it's ; inside
  + 3; -- behind
/* before the next */ SELECT 4; # at the end ;
SELECT 5 -- ends the file ;