package power

import _ "readout/internal/fixedseed"
