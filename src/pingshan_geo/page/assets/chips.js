/* What is on, as chips, and one button that clears all. */
