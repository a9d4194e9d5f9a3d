/* Lots drawn on a canvas: colours, patterns, a minimum mark. */
