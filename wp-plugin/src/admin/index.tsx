import './admin.scss';
