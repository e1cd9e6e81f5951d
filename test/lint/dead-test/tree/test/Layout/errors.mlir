// RUN: limbeck-opt %s -verify-diagnostics
