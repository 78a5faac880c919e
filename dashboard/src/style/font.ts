// The last fall-back for Chinese text on systems without any: about a hundred pieces, of which the browser loads only
// those that hold a character on the screen. Loaded after the first picture.

import '@fontsource-variable/noto-sans-sc/wght.css';
