namespace limbeck {
int one( ) { return 1; }
int two() {return 2;}
} // namespace limbeck
