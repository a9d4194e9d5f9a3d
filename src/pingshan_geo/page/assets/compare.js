/* Lots side by side, rows that differ marked. */
