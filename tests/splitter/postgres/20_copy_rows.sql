CREATE TABLE t (a int, b text);
COPY t (a, b) FROM stdin;
1	one; two
2	it's "quoted
3	$$
\N	\.x
\.

COPY "semi;colon" FROM STDIN WITH (FORMAT csv); -- rows follow
4,"x
\.
SELECT 1;
