int checkedTest;
