// RUN: limbeck-opt -limbeck-layout-good %s
