/* By what lots are coloured, and the classes of each way. */
