// Starts the desk in the page. The font of our own comes after the first picture: most systems never need it.

import { createApp } from 'vue';
import App from './app.vue';
import { createDesk } from './desk/desk.ts';
import { deskKey } from './desk/use-desk.ts';
import './style/tokens.css';
import './style/shell.css';

const desk = createDesk();
createApp(App).provide(deskKey, desk).mount('#desk');
desk.start();
requestAnimationFrame(() => void import('./style/font.ts'));
