SELECT "never closed;
