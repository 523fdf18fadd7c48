SELECT E'first \'piece;'
  -- a comment; between
  'second \'piece;';
SELECT 2;
