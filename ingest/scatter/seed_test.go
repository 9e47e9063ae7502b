package scatter

import _ "readout/internal/fixedseed"
