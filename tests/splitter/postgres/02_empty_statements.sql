;;
-- nothing
; /* ; */ ;
SELECT 1;;
