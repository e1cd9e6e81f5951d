int untested;
