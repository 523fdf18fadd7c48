SELECT e'', E FROM (SELECT 1 AS e) t; SELECT _$ FROM (SELECT 1 AS _$) t;
SELECT case_id, "end" FROM t WHERE é = 'ü;';
