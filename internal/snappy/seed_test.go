package snappy

import _ "readout/internal/fixedseed"
