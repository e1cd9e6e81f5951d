int goneTest;
