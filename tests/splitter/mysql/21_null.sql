SELECT \N, '\N;', \N;
SELECT 1;
