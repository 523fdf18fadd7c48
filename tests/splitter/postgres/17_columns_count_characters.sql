SELECT 'üöä€'; SELECT '𝄞';  SELECT 3;
