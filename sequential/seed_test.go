package sequential

import _ "readout/internal/fixedseed"
