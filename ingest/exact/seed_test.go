package exact

import _ "readout/internal/fixedseed"
