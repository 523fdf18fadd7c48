CREATE TABLE "semi;colon" ("quo""te;" int);
SELECT "a" FROM "b";
