"""Native code on the clock: clocks that libraries read in C, C++ or Rust, and threads of theirs."""
