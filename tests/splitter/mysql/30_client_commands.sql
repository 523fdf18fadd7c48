source other.sql
SELECT 1;
use other;
\. other.sql
\u other
\d //
help
\h
system ls
  Status
exit
SELECT 2;
USE `third`;
