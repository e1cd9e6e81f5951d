// RUN: limbeck-opt %s
