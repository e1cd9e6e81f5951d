namespace limbeck {
int three() {
  return 3;
}
} // namespace limbeck
