package decision

import _ "readout/internal/fixedseed"
