include "limbeck/Fuse/Region.td"
