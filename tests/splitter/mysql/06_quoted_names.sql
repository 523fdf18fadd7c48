CREATE TABLE `a;b` (`c``;d` INT, `e\` INT, `f"g'h` INT);
INSERT INTO `a;b` (`e\`) VALUES (1);
SELECT `e\`, "x" FROM `a;b`;
