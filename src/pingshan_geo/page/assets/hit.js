/* Which lot lies under a point: a grid of boxes, then rings, holes and parts. */
