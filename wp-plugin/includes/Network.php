<?php
/**
 * Multisite: a key for the whole network, which each site activates for itself.
 *
 * @package Chatello
 */

namespace Chatello;

final class Network {
	const KEY_OPTION = 'chatello_network_key';
}
