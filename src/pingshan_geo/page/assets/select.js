/* Several lots at once: by shift and by a box, with their sums. */
