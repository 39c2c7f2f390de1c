import { createRoot } from '@wordpress/element';
import './admin.scss';
import { App } from './app.tsx';
import type { Start } from './types.ts';

const place = document.getElementById('chatello-admin');
const { chatelloStart } = window as unknown as { chatelloStart?: Start };
if (place && chatelloStart) createRoot(place).render(<App start={chatelloStart} />);
