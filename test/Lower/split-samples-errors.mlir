// The wish of a module is one of two words.
// RUN: limbeck-opt %s --limbeck-lower-split-samples --verify-diagnostics

// expected-error @+1 {{expected "always" or "never" in 'limbeck.split_samples', found "often"}}
module attributes {limbeck.target = "avx2", limbeck.split_samples = "often"} {
}
