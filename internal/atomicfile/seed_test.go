package atomicfile

import _ "readout/internal/fixedseed"
