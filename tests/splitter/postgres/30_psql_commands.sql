\set ON_ERROR_STOP on
\i other.sql
SELECT 1;
  \connect other
\restrict abc
\copy t from 'file'
\.
\d
SELECT 2;
