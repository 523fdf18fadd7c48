COPY a FROM stdin;
\.
COPY b FROM stdin;
x
\.