COPY t TO stdout;
COPY t FROM '/tmp/file;name';
COPY (SELECT stdin FROM t) TO stdout;
COPY t FROM PROGRAM 'cat';
SELECT 1;
