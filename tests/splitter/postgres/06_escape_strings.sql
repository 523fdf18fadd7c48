SELECT E'it\'s; one', e'a\\', 'plain\';
SELECT E'first \'piece;'
  'second \'piece;';
SELECT date'2026-01-01', N'n;', B'01', X'1F', U&'d\0061t;a', U&"d;a" FROM t;
